"""The declarations as Python modules, written by `make generate`: do not edit them by hand."""
