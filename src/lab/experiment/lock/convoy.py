say(serve())
