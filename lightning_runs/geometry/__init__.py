"""What implicit gradient regularisation acts on, measured along any training: gradients, smoothness, sharpness, balance."""
