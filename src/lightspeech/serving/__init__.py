"""The microphone, and a server: what somebody says is answered while it is said."""
