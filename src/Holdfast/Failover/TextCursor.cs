using System.Globalization;

namespace Holdfast.Failover;

/// <summary>A place in a text, moved forward only, over what is expected there. So reading takes time in proportion to the text,
/// whatever it says. Case does not count.</summary>
internal ref struct TextCursor(ReadOnlySpan<char> text)
{
    /// <summary>The text that is read.</summary>
    public ReadOnlySpan<char> Text { get; } = text;

    /// <summary>Where it stands.</summary>
    public int At { get; set; }

    /// <summary>What stands ahead.</summary>
    public readonly ReadOnlySpan<char> Rest => Text[At..];

    public readonly bool IsAtEnd => At >= Text.Length;

    /// <summary>The letter ahead; none at the end.</summary>
    public readonly char Ahead => IsAtEnd ? '\0' : Text[At];

    /// <summary>Whether a word ahead could begin here: nothing of a word stands before.</summary>
    public readonly bool IsAtWordStart => At == 0 || !IsWordLetter(Text[At - 1]);

    /// <summary>Whether the letter belongs to a word: a letter, a digit, an underline.</summary>
    public static bool IsWordLetter(char letter) =>
        letter < 128 ? char.IsAsciiLetterOrDigit(letter) || letter == '_' : IsForeignWordLetter(letter);

    /// <summary>Goes over a text; false, and stays, where another one stands ahead.</summary>
    public bool Skip(string expected)
    {
        if (!Rest.StartsWith(expected, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        At += expected.Length;
        return true;
    }

    /// <summary>Goes over the first of some texts that stands ahead; false, and stays, where none does.</summary>
    public bool SkipOneOf(scoped ReadOnlySpan<string> expected)
    {
        foreach (var one in expected)
        {
            if (Skip(one))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Goes over blanks and letters of a set; how many there were.</summary>
    public int SkipBlanksAnd(scoped ReadOnlySpan<char> letters)
    {
        var start = At;
        while (!IsAtEnd && (char.IsWhiteSpace(Text[At]) || letters.Contains(Text[At])))
        {
            At++;
        }

        return At - start;
    }

    /// <summary>Goes over blanks; how many there were.</summary>
    public int SkipBlanks() => SkipBlanksAnd([]);

    /// <summary>Goes over digits and gives them, however many.</summary>
    public ReadOnlySpan<char> Digits()
    {
        var start = At;
        while (char.IsAsciiDigit(Ahead))
        {
            At++;
        }

        return Text[start..At];
    }

    /// <summary>Goes over Latin letters and gives them, however many.</summary>
    public ReadOnlySpan<char> Letters()
    {
        var start = At;
        while (char.IsAsciiLetter(Ahead))
        {
            At++;
        }

        return Text[start..At];
    }

    /// <summary>Goes over the three digits of an HTTP error; null, and stays, where none stand ahead. What follows them is not
    /// looked at.</summary>
    public int? Status()
    {
        if (Rest is not [var hundreds, var tens, var ones, ..] || hundreds is not ('4' or '5')
            || !char.IsAsciiDigit(tens) || !char.IsAsciiDigit(ones))
        {
            return null;
        }

        At += 3;
        return ((hundreds - '0') * 100) + ((tens - '0') * 10) + (ones - '0');
    }

    private static bool IsForeignWordLetter(char letter) => char.GetUnicodeCategory(letter) is UnicodeCategory.UppercaseLetter
        or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter
        or UnicodeCategory.OtherLetter or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
        or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.ConnectorPunctuation;
}
