"""What a look at a code finds out beside what is on record of the thing: copied, forged, seen before?"""
