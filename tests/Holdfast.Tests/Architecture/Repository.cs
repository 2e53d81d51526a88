using System.Runtime.CompilerServices;

namespace Holdfast.Tests.Architecture;

/// <summary>The checkout the tests were built from.</summary>
internal static class Repository
{
    private static readonly string[] NotOurs = ["/obj/", "/bin/", "/node_modules/", "/.venv/"];
    private static readonly string[] Folders = ["src", "tests", "benchmarks", "docs", "eng"];

    public static string Root { get; } = Find();

    /// <summary>The names of the documents in it, without their folders.</summary>
    public static IReadOnlySet<string> Documents { get; } = All("*.md").Select(file => Path.GetFileName(file)!).ToHashSet();

    public static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories)
            .Where(file => !NotOurs.Any(folder => file.Contains(folder, StringComparison.Ordinal)));

    /// <summary>All files of a pattern, in every folder that holds something of ours, and in the root itself.</summary>
    public static IEnumerable<string> All(string pattern) =>
        Folders.SelectMany(folder => Files(folder, pattern)).Concat(Directory.EnumerateFiles(Root, pattern));

    public static string Relative(string file) => Path.GetRelativePath(Root, file);

    private static string Find([CallerFilePath] string here = "")
    {
        var folder = Path.GetDirectoryName(here)!;
        while (!File.Exists(Path.Combine(folder, "Holdfast.slnx")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        return folder;
    }
}
