"""Words that are one typo away from a word."""

from string import ascii_lowercase

# The letters of alphabets as indexed, without diacritics.
ALPHABETS = (ascii_lowercase, "абвгдежзиклмнопрстуфхцчшщъыьэюя", "αβγδεζηθικλμνξοπρστυφχψω")


def edits(word: str) -> set[str]:
    """Return all words that are one deletion, insertion, substitution or transposition away."""
    letters = next((alphabet for alphabet in ALPHABETS if set(word) & set(alphabet)), "") or "".join(
        set(word)
    )
    parts = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    deleted = {before + after[1:] for before, after in parts if after}
    exchanged = {before + after[1] + after[0] + after[2:] for before, after in parts if len(after) > 1}
    replaced = {before + letter + after[1:] for before, after in parts if after for letter in letters}
    inserted = {before + letter + after for before, after in parts for letter in letters}
    return (deleted | exchanged | replaced | inserted) - {word}
