// CoreSchema
