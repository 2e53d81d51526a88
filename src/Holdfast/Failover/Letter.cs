using System.Globalization;

namespace Holdfast.Failover;

/// <summary>Letters as patterns tell them apart, each a number: ASCII by itself, all others by what they are, and the two ends that
/// a text has.</summary>
internal static class Letter
{
    public const int ForeignWord = 128;
    public const int ForeignDigit = 129;
    public const int ForeignBlank = 130;

    /// <summary>Part of a word where its ends are looked for, but not itself of a word.</summary>
    public const int Joiner = 131;
    public const int ForeignOther = 132;

    /// <summary>A line end behind which nothing stands.</summary>
    public const int LastLineEnd = 133;

    /// <summary>No letter: the end of the text.</summary>
    public const int End = 134;

    /// <summary>How many there are.</summary>
    public const int Count = 135;

    /// <summary>Which one a letter is.</summary>
    public static int Of(char letter) => letter < 128 ? letter : char.GetUnicodeCategory(letter) switch
    {
        UnicodeCategory.DecimalDigitNumber => ForeignDigit,

        // Marks that take room are of no word to the runtime's linear engine, which is what rules are written for.
        UnicodeCategory.SpacingCombiningMark => ForeignOther,
        _ when letter is '\u200C' or '\u200D' => Joiner,
        _ when TextCursor.IsWordLetter(letter) => ForeignWord,
        _ => char.IsWhiteSpace(letter) ? ForeignBlank : ForeignOther,
    };

    /// <summary><c>\w</c></summary>
    public static bool IsWord(int letter) =>
        letter is ForeignWord or ForeignDigit || (letter < 128 && TextCursor.IsWordLetter((char)letter));

    /// <summary><c>\d</c></summary>
    public static bool IsDigit(int letter) => letter == ForeignDigit || (letter < 128 && char.IsAsciiDigit((char)letter));

    /// <summary><c>\s</c></summary>
    public static bool IsBlank(int letter) =>
        letter is ForeignBlank or LastLineEnd || (letter < 128 && char.IsWhiteSpace((char)letter));

    /// <summary>Whether it belongs to a word where its ends are looked for (<c>\b</c>).</summary>
    public static bool IsInWord(int letter) => letter == Joiner || IsWord(letter);

    /// <summary>Whether nothing but a line end may follow (<c>$</c>).</summary>
    public static bool IsEnd(int letter) => letter is LastLineEnd or End;
}
