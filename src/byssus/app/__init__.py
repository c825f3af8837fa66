"""The command line, and later the web page: words in, words out, no science."""
