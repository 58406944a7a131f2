print("wavetank")
