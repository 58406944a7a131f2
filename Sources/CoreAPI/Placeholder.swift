// CoreAPI
