"""What a shopper can do beside reading a page: recalls, the camera, the shop's screen, her own fridge."""
