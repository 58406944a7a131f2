// EdgeImages
