using System.Text.RegularExpressions;

namespace Holdfast.Tests.Architecture;

/// <summary>What a line of the repository may hold, so that it can be read by somebody who has only the repository.</summary>
public sealed partial class LineTests
{
    private const int MostColumns = 140;

    // Folders that are not yet held to these rules. To be emptied, never to be added to.
    private static readonly string[] NotYet =
    [
        "src/Holdfast/Proxy/", "src/Holdfast/Routing/", "src/Holdfast/Journal/", "src/Holdfast/Failover/", "src/Holdfast.Wire/",
        "src/Holdfast.Recording/", "src/Holdfast/Vigils/", "src/Holdfast/Answers/", "src/Holdfast/Exchanges/",
        "src/Holdfast/Requests/", "src/Holdfast/Clients/", "src/Holdfast/Attempts/", "src/Holdfast/Reattach/",
    ];

    // Words of the world that look like a number of ours.
    private static readonly string[] Words = ["S0 pricing tier"];

    private static readonly string[] Kinds = ["*.cs", "*.md", "*.mjs", "*.py", "*.sql", "*.csproj", "*.props", "*.slnx"];
    private static readonly string[] Scripts = ["holdfast", "test", "bench", ".editorconfig", ".ci/run", "eng/fetch-duckdb"];

    [Theory]
    [InlineData("/// <summary>No secret gets there (R131).</summary>")]
    [InlineData("    public void R17_every_exchange_is_recorded()")]
    [InlineData("Clients need it (see clients.md).")]
    [InlineData("// As errors say, section 9.")]
    [InlineData("// Refused since issue 12.")]
    public void A_reference_that_leads_nowhere_is_found(string line) => Assert.NotEmpty(ReferencesIn(line));

    [Theory]
    [InlineData("// As RFC 9110, section 7.6.1, says; see docs/failover.md.")]
    [InlineData("\"/v1/files/%E2%9C%93\", $\"{i:D6}\", \"CA1848\", 0xE4")]
    [InlineData("of your current OpenAI S0 pricing tier")]
    public void Words_and_documents_that_exist_are_no_such_reference(string line) => Assert.Empty(ReferencesIn(line));

    [Fact]
    public void Nothing_refers_to_what_is_not_in_the_repository()
    {
        var wrong =
            from file in Held(Kinds.SelectMany(Repository.All).Concat(Scripts.Select(script => Path.Combine(Repository.Root, script))))
            where Path.GetFileName(file) != $"{nameof(LineTests)}.cs"
            from line in File.ReadLines(file).Index()
            from reference in ReferencesIn(line.Item)
            select $"{Repository.Relative(file)}:{line.Index + 1}: {reference}";

        Assert.Empty(wrong);
    }

    /// <summary>Literal text does not count: a line of somebody's JSON, or a row of a table of samples, is read best whole.</summary>
    [Fact]
    public void No_line_of_code_is_longer_than_140_columns()
    {
        var wrong =
            from file in Held(Repository.All("*.cs"))
            from line in LongLines(File.ReadAllText(file))
            select $"{Repository.Relative(file)}:{line}";

        Assert.Empty(wrong);
    }

    [Fact]
    public void Only_literal_text_makes_a_line_longer()
    {
        var code = new string('a', MostColumns + 1);

        Assert.Equal([2], LongLines($"a\n{code}\n"));
        Assert.Equal([1], LongLines($"{code} \"b\""));
        Assert.Empty(LongLines($"var a = \"{code}\";\nvar b = \"\"\"\n    {code}\n    \"\"\";"));
        Assert.Equal([4], LongLines($"var b = \"\"\"\n    {code}\n    \"\"\";\n{code}"));
    }

    private static IEnumerable<string> Held(IEnumerable<string> files) =>
        files.Where(file => !NotYet.Any(Repository.Relative(file).StartsWith));

    private static IEnumerable<string> ReferencesIn(string line)
    {
        var text = Words.Aggregate(line, (rest, word) => rest.Replace(word, "", StringComparison.Ordinal));
        var documents = Document().Matches(text)
            .Where(document => !Repository.Documents.Contains(document.Value));
        return Number().Matches(text).Concat(Section().Matches(text)).Concat(documents).Select(match => match.Value);
    }

    private static IEnumerable<int> LongLines(string code)
    {
        // Line ends stay, so that lines keep their numbers.
        var bare = Literal().Replace(code, literal => string.Concat(literal.Value.Where(letter => letter == '\n')));
        return bare.Split('\n').Index().Where(line => line.Item.Length > MostColumns).Select(line => line.Index + 1);
    }

    // A letter and a number of a list that is not here; not an escape of an URL, a format or a part of a word.
    [GeneratedRegex("(?<![A-Za-z0-9%:])[RDGFKESHC][0-9]{1,3}(?![A-Za-z0-9])", RegexOptions.None, 1000)]
    private static partial Regex Number();

    [GeneratedRegex(@"(?<!RFC [0-9]{4},? )\b(sections?|issue) #?[0-9]", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Section();

    [GeneratedRegex(@"[\w-]+\.md\b", RegexOptions.None, 1000)]
    private static partial Regex Document();

    // Raw literals, literals, and characters, so that a quote among these opens nothing.
    [GeneratedRegex("""(?<quotes>"{3,})[\s\S]*?\k<quotes>|"([^"\\\n]|\\.)*"|'([^'\\\n]|\\.)'""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Literal();
}
