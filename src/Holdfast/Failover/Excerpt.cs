namespace Holdfast.Failover;

/// <summary>As much as is looked at of a text that others wrote: what comes behind says nothing more about a failure, and no text
/// of a stranger may take long to read.</summary>
internal static class Excerpt
{
    /// <summary>The longest text that is looked at, in characters.</summary>
    public const int Longest = 8 * 1024;

    /// <summary>The text itself, or its beginning, never cut inside a character.</summary>
    public static string Of(string text, int longest = Longest) => text.Length > longest ? text[..End(text, longest)] : text;

    private static int End(string text, int longest) =>
        longest > 0 && char.IsHighSurrogate(text[longest - 1]) && char.IsLowSurrogate(text[longest]) ? longest - 1 : longest;
}
