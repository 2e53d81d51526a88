using System.Text.RegularExpressions;

namespace Holdfast.Cli.Documents;

/// <summary>Makes sentences written for the code safe to stand in a Markdown page.</summary>
internal static partial class Markdown
{
    /// <summary>Text in which no <c>&lt;</c> opens a tag and no <c>|</c> ends a table's cell.</summary>
    public static string Text(string sentence)
    {
        // Every second part stands between backticks, where a tag is no tag.
        var parts = sentence.Replace("|", "\\|", StringComparison.Ordinal).Split('`');
        for (var index = 0; index < parts.Length; index += 2)
        {
            parts[index] = parts[index].Replace("<", "&lt;", StringComparison.Ordinal);
        }

        return string.Join('`', parts);
    }

    /// <summary>Text without the numbers of requirements and decisions, which say nothing to a user.</summary>
    public static string WithoutReferences(string sentence) => References().Replace(sentence, "");

    [GeneratedRegex(@" \([DR]\d+(, [DR]\d+)*\)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex References();
}
