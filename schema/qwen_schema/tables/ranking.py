"""The order of the layers under the usual profile, as a sentence. Written by `make generate`."""

RANKING = 'a flag overrides the environment, which overrides the env file, which\noverrides the default.'
