"""tf-images: from a version tag to proved container images and flists."""

__version__ = "0.1.0"
