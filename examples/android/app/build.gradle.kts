plugins {
    id("com.android.application")
    id("org.jetbrains.kotlin.android")
}

android {
    namespace = "lightspeech.example"
    compileSdk = 35
    defaultConfig {
        applicationId = "lightspeech.example"
        minSdk = 24
        targetSdk = 35
        versionCode = 1
        versionName = "1"
    }
    // The bundle is the assets: nothing is copied by hand, nothing can be forgotten.
    sourceSets["main"].assets.srcDir(rootDir.resolve(providers.gradleProperty("bundle").get()))
    androidResources { noCompress += "tflite" } // so that it can be mapped into memory
    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_17
        targetCompatibility = JavaVersion.VERSION_17
    }
    kotlinOptions { jvmTarget = "17" }
}

dependencies {
    implementation("com.google.ai.edge.litert:litert:1.4.2") // last of 1.x, whose API is Interpreter
}
