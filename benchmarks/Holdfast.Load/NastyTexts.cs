using System.Text.Json;

namespace Holdfast.Load;

/// <summary>What an upstream may say of its failure, to whoever has to read it.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Type">The media type.</param>
/// <param name="Body">All of it.</param>
internal sealed record NastyText(string Name, string Type, string Body);

/// <summary>Texts that make an expression go back and forth, each by itself and inside a provider's error document; and a plain
/// one of each size, which costs what reading and passing it on costs.</summary>
internal static class NastyTexts
{
    private const int Longest = 64 * 1024;
    private const int Short = 600;

    private static readonly (string Name, string Text)[] Texts =
    [
        ("http error × 27", Times("http error ", 27) + "x"),
        ("http error", Filled("http error ", Longest) + "x"),
        ("error: status: × 27", Times("error: status: ", 27) + "x"),
        ("error: status:", Filled("error: status: ", Longest)),
        ("error code × 30", Times("error code: ", 30) + "x"),
        ("request failed with status code", Filled("request failed with status code ", Longest) + "x"),
        ("brackets", new string('[', Longest)),
        ("braces", new string('{', Longest)),
        ("a quoted brace", Filled("{\"", Longest)),
        ("blanks", "503" + new string(' ', Longest) + "x"),
        ("error and blanks", "error" + new string(' ', Longest) + "x"),
        ("line ends", "error" + new string('\n', Longest) + "x"),
        ("digits", new string('5', Longest)),
        ("try again in digits", "try again in " + new string('9', Longest)),
        ("try again in 1s 1s 1s", "try again in " + Filled("1s ", Longest) + "x"),
        ("try again in", Filled("try again in ", Longest)),
        ("retry after: blanks", "retry after" + new string(' ', Longest) + "x"),
        ("letters", new string('a', Longest)),
        ("names with dots", Filled("a.", Longest)),
        ("Error: Error:", Filled("Error: ", Longest)),
        ("got 4 got 4", Filled("got 4 ", Longest)),
        ("titles", "<html>" + Filled("<title ", Longest)),
        ("headings", "<html>" + Filled("<h1>error ", Longest)),
    ];

    public static IReadOnlyList<NastyText> All { get; } = [.. Texts.SelectMany(one => Forms(one.Name, one.Text))];

    /// <summary>Something harmless that is as long, in the same form.</summary>
    public static NastyText PlainFor(NastyText text) => Forms(
        "plain", text.Body.Length <= Short ? Filled("It did not work. ", text.Body.Length) : Filled("It did not work. ", Longest))
        .First(form => form.Type == text.Type);

    private static IEnumerable<NastyText> Forms(string name, string text) =>
    [
        new(name, "text/plain", text),
        new($"{name}, in a document", "application/json",
            $$$"""{"type":"error","error":{"type":"api_error","message":"{{{JsonEncodedText.Encode(text)}}}"}}"""),
    ];

    private static string Times(string text, int count) => string.Concat(Enumerable.Repeat(text, count));

    private static string Filled(string text, int length) => Times(text, (length / text.Length) + 1)[..length];
}
