class Refused(Exception):
    """The act is not possible; the message is a sentence for the person who tried."""

    @property
    def sentence(self) -> str:
        return str(self.args[0])
