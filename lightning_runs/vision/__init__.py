"""The papers' image experiments: MNIST and CIFAR-10 read, ResNet-18 and the MLP trained, their geometry watched.

The data sets are not part of this program and are not fetched by it: see `lightning_runs.vision.datasets`.
"""
