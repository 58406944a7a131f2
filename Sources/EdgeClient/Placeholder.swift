// EdgeClient
