// EdgeHTTP
