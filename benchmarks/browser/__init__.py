"""What a model costs in a browser: own WebAssembly against onnxruntime-web."""
