say(throughput())
