// EdgeNetwork
