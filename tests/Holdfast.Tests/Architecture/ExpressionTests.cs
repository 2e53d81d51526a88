using System.Text.RegularExpressions;

namespace Holdfast.Tests.Architecture;

/// <summary>No text of an upstream or a client can hold a thread: an expression that may backtrack takes minutes for a text that was
/// made for it, and all streams of its thread stand still meanwhile.</summary>
public sealed partial class ExpressionTests
{
    /// <summary>The files whose expressions may backtrack, and whose text they see.</summary>
    private static readonly Dictionary<string, string> Own = new(StringComparer.Ordinal)
    {
        ["src/Holdfast/Cli/Documents/Markdown.cs"] = "sentences of this repository, when its documents are written",
        ["src/Holdfast.Recording/Sql/RecordingQuery.cs"] = "the statement of whoever asks, in a program of their own",
    };

    [Fact]
    public void Every_expression_takes_time_in_proportion_to_the_text()
    {
        var wrong =
            from file in Repository.Files("src", "*.cs")
            where !Own.ContainsKey(Repository.Relative(file))
            from expression in MayBacktrack(File.ReadAllText(file))
            select $"{Repository.Relative(file)}: {expression}";

        Assert.Empty(wrong);
    }

    [Fact]
    public void Every_exception_is_needed()
    {
        var needless = Own.Keys.Where(file => !MayBacktrack(File.ReadAllText(Path.Combine(Repository.Root, file))).Any());

        Assert.Empty(needless);
    }

    [Theory]
    [InlineData("[GeneratedRegex(\"a\", RegexOptions.NonBacktracking)] private static partial Regex A();")]
    [InlineData("var a = Regex.IsMatch(text, \"a\", RegexOptions.NonBacktracking);")]
    [InlineData("var a = new Regex(\"NonBacktracking\");")]
    [InlineData("var a = new Regex(\"(a)\", RegexOptions.IgnoreCase);")]
    [InlineData("private static readonly Regex A = new(\"a\", RegexOptions.NonBacktracking);")]
    [InlineData("Lazy<Regex> a = new(() => new(\"a\"));")]
    [InlineData("const RegexOptions Some = RegexOptions.None; var a = new Regex(\"a\", Some);")]
    public void One_that_may_backtrack_is_found_however_it_is_written(string source) => Assert.NotEmpty(MayBacktrack(source));

    [Theory]
    [InlineData("var a = new Regex(\"(;\", RegexOptions.NonBacktracking | RegexOptions.IgnoreCase);")]
    [InlineData("const RegexOptions Linear = RegexOptions.NonBacktracking; var a = new Regex(\"a\", Linear);")]
    [InlineData("Lazy<Regex> a = new(() => new Regex(\"a\", RegexOptions.NonBacktracking));")]
    [InlineData("// Regex.IsMatch(text) was here")]
    public void One_that_may_not_is_none_of_them(string source) => Assert.Empty(MayBacktrack(source));

    private static IEnumerable<string> MayBacktrack(string source)
    {
        var code = Comment().Replace(Literal().Replace(source, "\"\""), "");
        var linear = LinearOptions().Matches(code).Select(match => match.Groups["name"].Value).Append("RegexOptions.NonBacktracking");
        return Suspect().Matches(code).Select(match => match.Value)
            .Concat(Made().Matches(code).Select(match => match.Value)
                .Where(made => !linear.Any(name => Regex.IsMatch(made, $@"\b{Regex.Escape(name)}\b"))));
    }

    [GeneratedRegex("\"\"\".*?\"\"\"|@\"(?:[^\"]|\"\")*\"|\"(?:[^\"\\\\\\n]|\\\\.)*\"|'(?:[^'\\\\\\n]|\\\\.)+'", RegexOptions.Singleline)]
    private static partial Regex Literal();

    [GeneratedRegex("//[^\\n]*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"const RegexOptions (?<name>\w+)\s*=[^;]*\bNonBacktracking\b[^;]*;")]
    private static partial Regex LinearOptions();

    // Generated ones always backtrack; static calls and constructors that do not name their type are not looked into.
    [GeneratedRegex(@"\[GeneratedRegex\b|\bRegex\.(?!Escape\b|Unescape\b)\w+|\bRegex(?:\[\])?[ >][^;{}]*[^\w<]new\((?!\(\) => new Regex\()[^;]*")]
    private static partial Regex Suspect();

    [GeneratedRegex(@"\bnew Regex\([^;]*")]
    private static partial Regex Made();
}
