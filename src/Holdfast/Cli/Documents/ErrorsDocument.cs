using System.Text;
using Holdfast.Wire.Errors;

namespace Holdfast.Cli.Documents;

/// <summary>Writes <c>docs/errors.md</c>: one entry an error code of ours, each reachable as <c>#code</c>.</summary>
internal static class ErrorsDocument
{
    private const string Introduction = """
        # Errors of Holdfast's own

        An answer of the gateway itself, in the place of the upstream's, names its code in the header `holdfast-error`.
        An upstream's own error goes through as it came and has no code of ours. The status holds as long as one can
        still be chosen; once a stream has begun, the same code stands in the terminal error of the protocol.
        "Recorded as" is the text in the log line and record. `holdfast explain CODE` prints an entry.

        | code | status | class | recorded as |
        |---|---|---|---|

        """;

    public static string Write()
    {
        var page = new StringBuilder($"{GeneratedDocuments.Notice}\n{Introduction.ReplaceLineEndings("\n")}");
        foreach (var code in ErrorCodes.All)
        {
            page.Append($"| [`{code.Name}`](#{code.Name}) | {code.Status} | {NameOf(code.Class)} | {code.Text} |\n");
        }

        foreach (var kind in Enum.GetValues<ErrorClass>())
        {
            page.Append($"\n## Class {NameOf(kind)}\n\n{Meaning(kind)}\n");
            foreach (var code in ErrorCodes.All.Where(code => code.Class == kind))
            {
                page.Append($"\n### {code.Name}\n\n{Markdown.Text(code.Meaning)} Status {code.Status}.\n\n");
                page.Append($"- **Usual cause:** {Markdown.Text(code.Cause)}\n");
                page.Append($"- **What to do:** {Markdown.Text(code.Fix)}\n");
            }
        }

        return page.ToString();
    }

    private static string NameOf(ErrorClass kind) => kind.ToString().ToLowerInvariant();

    private static string Meaning(ErrorClass kind) => kind switch
    {
        ErrorClass.Connection => "No connection to the upstream came about; nothing was processed.",
        ErrorClass.Network => "A connection died after the request went out and before the answer began.",
        ErrorClass.Timeout => "One of our timers ended the attempt; the message names the timer.",
        ErrorClass.Stream => "The answer had begun and was lost.",
        ErrorClass.Request => "The request is not acceptable as it is; repeating it will not help.",
        ErrorClass.Limit => "The client asks too often; after Retry-After it may again.",
        ErrorClass.Gateway => "The gateway itself cannot serve now.",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "An error class without a meaning."),
    };
}
