// EdgeRuntime
