using System.Text;
using System.Text.RegularExpressions;
using Holdfast.Failover;

namespace Holdfast.Tests.Failover;

/// <summary>The expressions of the rules find what the runtime's linear engine finds, in any text.</summary>
public sealed class TextPatternTests
{
    private const int TextsOfEach = 400;

    /// <summary>What stands around and within a text that is found, and what spoils it.</summary>
    private static readonly string[] Between =
    [
        "", " ", "\n", "\r\n", "\t", ".", ". ", ":", "_", "a", "7", "é", "٣", "\u200d", "\u00a0", "😀", "不", "( ", "-", ", and then ",
        "x\n",
    ];

    private static readonly string[] Expressions =
    [
        .. Rules(ClassifierRules.Load()).SelectMany(rule => rule.Patterns.Values).Distinct(StringComparer.Ordinal),
    ];

    /// <summary>Forms that the rules might take one day.</summary>
    private static readonly string[] Forms =
    [
        "a", "ab|cd|", "a?b*c+", "(?:ab)?c", "(?:ab|c)*d$", "(?:a|b)+c", "(?:a*)+b", "(?:a*b?)?c", "(?:a{0,3}b){0,2}c", "a{2}b",
        "a{1,3}b", "^a|b$", "^$",
        @"\ba\b", @"\b", @"a\b\.?$", @"\w+\d\s\S", @"[\w.-]+ x", "[a-c][^a-c]", "[a-]z", @"a[^.\n]{0,4}b", "(?:a{0,4}b|c){1,2}d",
    ];

    [Fact]
    public void Whatever_may_stand_in_a_text_is_found_as_the_runtime_finds_it() =>
        Assert.All(Expressions.Concat(Forms), expression =>
        {
            var (ours, runtimes) = (new TextPattern(expression), Runtimes(expression));

            Assert.All(Texts(expression), text => Assert.Equal(runtimes.IsMatch(text), ours.IsIn(text)));
        });

    [Theory]
    [InlineData(@"\w")]
    [InlineData(@"\d")]
    [InlineData(@"\s")]
    [InlineData(@"\S")]
    [InlineData(@"a\b")]
    [InlineData(@"[^\w\n]")]
    [InlineData(@"[^\s.]")]
    [InlineData("a$")]
    public void Every_letter_is_of_the_kind_that_the_runtime_says(string expression)
    {
        var (ours, runtimes) = (new TextPattern(expression), Runtimes(expression));

        var letters = Enumerable.Range(0, char.MaxValue + 1).Select(letter => ((char)letter).ToString());

        Assert.All(
            letters.SelectMany(letter => (string[])[letter, "a" + letter]),
            text => Assert.Equal(runtimes.IsMatch(text), ours.IsIn(text)));
    }

    [Theory]
    [InlineData("a.b")]
    [InlineData("(a)")]
    [InlineData("(?=a)")]
    [InlineData("(?:a")]
    [InlineData("a)")]
    [InlineData("[a")]
    [InlineData("a{1,")]
    [InlineData("*a")]
    [InlineData(@"\pL")]
    [InlineData(@"a\")]
    [InlineData("é")]
    public void What_is_not_known_is_refused(string expression) => Assert.Throws<FormatException>(() => new TextPattern(expression));

    [Fact]
    public void A_text_made_to_be_remembered_is_forgotten_and_found_all_the_same()
    {
        // Which of the last twelve letters were "a" makes 4,096 places.
        const string Expression = "a[ab][ab][ab][ab][ab][ab][ab][ab][ab][ab][ab]c";
        var (ours, runtimes) = (new TextPattern(Expression), Runtimes(Expression));
        var random = new Random(7);

        var texts = Enumerable.Range(0, 50).Select(_ => new string(random.GetItems("aaaabbbbc".ToCharArray(), 2_000)));

        Assert.All(texts, text => Assert.Equal(runtimes.IsMatch(text), ours.IsIn(text)));
    }

    private static IEnumerable<ClassifierRule> Rules(ClassifierRules rules) =>
        [.. rules.Rules, .. rules.Pages, rules.Transient, rules.LongWindow];

    private static Regex Runtimes(string expression) => new(
        expression, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        Timeout.InfiniteTimeSpan);

    // Texts that are found, texts that are nearly found, and pieces of them one behind the other.
    private static IEnumerable<string> Texts(string expression)
    {
        var program = PatternParser.Parse(expression);
        var random = new Random(expression.Length);
        for (var i = 0; i < TextsOfEach; i++)
        {
            var text = new StringBuilder(Any(Between));
            for (var part = random.Next(1, 4); part > 0; part--)
            {
                var found = Walk(program, random);
                text.Append(random.Next(3) == 0 ? found[..random.Next(found.Length + 1)] : found).Append(Any(Between));
            }

            for (var spoiled = random.Next(3); spoiled > 0 && text.Length > 0; spoiled--)
            {
                var at = random.Next(text.Length);
                text.Remove(at, random.Next(2)).Insert(at, Any(Between));
            }

            yield return text.ToString();
        }

        string Any(string[] texts) => texts[random.Next(texts.Length)];
    }

    // What is taken on a way through the steps that is chosen by chance.
    private static string Walk(PatternProgram program, Random random)
    {
        var text = new StringBuilder();
        var at = 0;
        while (program.Steps[at] is { Kind: not PatternStepKind.Found } step)
        {
            if (step.Letters is { } letters)
            {
                var taken = Enumerable.Range(0, 128).Where(letter => letters[letter]).ToArray();
                text.Append((char)taken[random.Next(taken.Length)]);
            }

            at = step.Kind == PatternStepKind.Fork && random.Next(2) == 0 ? step.Other : step.Next;
        }

        return text.ToString();
    }
}
