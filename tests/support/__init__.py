"""What the tests are made of: generated scenes, real trees to plant them in, and a model of the documents."""
