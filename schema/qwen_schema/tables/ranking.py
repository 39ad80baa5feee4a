"""The order of the layers under the usual profile, as a sentence. Written by `make generate`."""

RANKING = 'a flag beats the environment, which beats the env file, which beats the default'
