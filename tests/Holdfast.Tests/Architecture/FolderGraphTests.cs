namespace Holdfast.Tests.Architecture;

/// <summary>Folders stand on floors: whoever reads one needs those below it, never those above.</summary>
public sealed class FolderGraphTests
{
    /// <summary>The projects, and the folders below which the rule holds.</summary>
    [Theory]
    [InlineData("src/Holdfast", "src/Holdfast")]
    [InlineData("src/Holdfast.Accounts", "src/Holdfast.Accounts")]
    [InlineData("src/Holdfast.Recording", "src/Holdfast.Recording")]
    [InlineData("src/Holdfast.Simulator", "src/Holdfast.Simulator")]
    [InlineData("src/Holdfast.Wire", "src/Holdfast.Wire")]
    public void Folders_form_no_circle(string project, string below)
    {
        var sources = Repository.Files(project, "*.cs").Select(file => (Repository.Relative(file), File.ReadAllText(file)));

        var arrows = FolderGraph.Of(project, sources).Where(arrow => IsBelow(arrow.From, below) && IsBelow(arrow.To, below)).ToList();

        var circle = FolderGraph.Circles(arrows);
        Assert.True(circle.Count == 0, string.Join('\n', circle));
    }

    [Theory]
    [InlineData("class One { object Made() => new Up.Two(); }")]
    [InlineData("class One : Up.Two;")]
    [InlineData("[Up.Mark] class One;")]
    [InlineData("class One { System.Collections.Generic.List<Up.Two> All; }")]
    [InlineData("class One { bool Is(object o) => o is Up.Two; }")]
    [InlineData("class One { int Of(int[] all) => all.Select(one => Up.Two.Least).First(); }")]
    [InlineData("class One { int Of(string text) => Up.Words.Count; }")]
    [InlineData("using Up; class One { int Of(string text) => text.Length(); }")]
    [InlineData("using Up; class One { int Of(string text) => text.Doubled(); }")]
    [InlineData("using static Up.Words; class One { int Of() => Count; }")]
    public void Whatever_names_a_type_of_a_folder_makes_an_arrow(string below)
    {
        const string above = """
            namespace Up;
            public class Two { public const int Least = 1; }
            public class MarkAttribute : System.Attribute;
            public static class Words
            {
                public const int Count = 2;
                public static int Doubled(this string text) => 2;
                extension(string text) { public int Length() => 1; }
            }
            """;

        var arrows = FolderGraph.Of("p", [("p/Down/One.cs", below), ("p/Up/Two.cs", above)]);

        Assert.Contains(arrows, arrow => (arrow.From, arrow.To) == ("p/Down", "p/Up"));
    }

    [Fact]
    public void A_circle_is_told_arrow_by_arrow_and_what_hangs_on_it_is_not()
    {
        (string, string)[] sources =
        [
            ("p/A/A.cs", "namespace A; class Of { B.Of b; }"),
            ("p/B/B.cs", "namespace B; class Of { C.Of c; D.Of d; }"),
            ("p/C/C.cs", "namespace C; class Of { A.Of a; A.Of again; }"),
            ("p/D/D.cs", "namespace D; class Of { Of self; }"),
            ("p/E/E.cs", "namespace E; class Of { A.Of a; }"),
        ];

        var circle = FolderGraph.Circles(FolderGraph.Of("p", sources));

        Assert.Equal(
            ["p/A → p/B: p/A/A.cs names Of", "p/B → p/C: p/B/B.cs names Of", "p/C → p/A: p/C/C.cs names Of"],
            circle.Select(arrow => arrow.ToString()));
    }

    private static bool IsBelow(string folder, string above) => $"{folder}/".StartsWith($"{above}/", StringComparison.Ordinal);
}
