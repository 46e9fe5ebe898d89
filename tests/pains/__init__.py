"""The known pains of orchestrators, one file each, named after it: what must not hurt here."""
