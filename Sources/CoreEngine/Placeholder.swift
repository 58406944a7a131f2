// CoreEngine
