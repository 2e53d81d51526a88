using System.Text.RegularExpressions;

namespace Holdfast.Tests.Architecture;

/// <summary>What the documents claim is there, and what no file may hold.</summary>
public sealed partial class DocumentTests
{
    [Fact]
    public void Every_test_that_failure_behaviour_names_exists()
    {
        var tests = Repository.Files("tests", "*Tests.cs")
            .SelectMany(file => Method().Matches(File.ReadAllText(file))
                .Select(method => $"{Path.GetFileNameWithoutExtension(file)}.{method.Groups["name"].Value}"))
            .ToHashSet(StringComparer.Ordinal);
        var text = File.ReadAllText(Path.Combine(Repository.Root, "docs/failure-behaviour.md"));

        var named = TestName().Matches(text).Select(name => name.Groups["name"].Value).ToList();

        Assert.True(named.Count > 50, $"only {named.Count} tests are named");
        var missing = named.Where(name => !tests.Contains(name)).ToList();
        Assert.Empty(missing);
    }

    [Fact]
    public void Every_line_of_failure_behaviour_names_its_test()
    {
        var rows = File.ReadLines(Path.Combine(Repository.Root, "docs/failure-behaviour.md"))
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal) && !line.EndsWith("| test |", StringComparison.Ordinal));

        var nameless = rows.Where(row => !TestName().IsMatch(row)).ToList();
        Assert.Empty(nameless);
    }

    [Fact]
    public void Every_row_of_a_table_has_as_many_cells_as_its_head()
    {
        var wrong = new List<string>();
        foreach (var document in Repository.Files("docs", "*.md"))
        {
            var cells = 0;
            foreach (var line in File.ReadLines(document))
            {
                var count = line.StartsWith('|') ? Border().Count(line) : 0;
                cells = cells == 0 || count == 0 ? count : cells;
                if (count != cells)
                {
                    wrong.Add($"{Repository.Relative(document)}: {line}");
                }
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void Every_link_inside_the_documents_leads_somewhere()
    {
        var documents = Repository.Files("docs", "*.md").Concat(Directory.EnumerateFiles(Repository.Root, "*.md"));

        var broken =
            from document in documents
            from Match link in Link().Matches(File.ReadAllText(document))
            let target = link.Groups["target"].Value.Split('#')[0]
            where target.Length > 0 && !target.Contains("://", StringComparison.Ordinal)
            where !Path.Exists(Path.Combine(Path.GetDirectoryName(document)!, target))
            select $"{Repository.Relative(document)}: {target}";

        Assert.Empty(broken);
    }

    private static IEnumerable<string> OddRows(IReadOnlyList<string> lines)
    {
        var cells = 0;
        for (var index = 0; index < lines.Count; index++)
        {
            var found = Cell().Count(lines[index]);
            if (!lines[index].StartsWith('|'))
            {
                cells = 0;
            }
            else if (index + 1 < lines.Count && lines[index + 1].StartsWith("|--", StringComparison.Ordinal))
            {
                cells = found;
            }
            else if (cells > 0 && found != cells)
            {
                yield return lines[index];
            }
        }
    }

    // One bar more than cells; a bar that is text stands behind a backslash.
    [GeneratedRegex(@"(?<!\\)\|", RegexOptions.None, 1000)]
    private static partial Regex Cell();

    [GeneratedRegex(@"public (static )?(async )?(Task|void|ValueTask) (?<name>\w+)\(", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Method();

    [GeneratedRegex(@"`(?<name>\w+Tests\.\w+)`", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TestName();

    /// <summary>A bar that parts cells: not one that is escaped, nor one inside code.</summary>
    [GeneratedRegex(@"(?<!\\)\|(?=(?:[^`]*`[^`]*`)*[^`]*$)", RegexOptions.None, 1000)]
    private static partial Regex Border();

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Link();
}
