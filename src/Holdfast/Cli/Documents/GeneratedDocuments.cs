using System.CommandLine;

namespace Holdfast.Cli.Documents;

/// <summary>The documents that come from the code, by file name. A test fails when one is stale.</summary>
internal static class GeneratedDocuments
{
    /// <summary>Said at the top of each, so that nobody edits it by hand.</summary>
    public const string Notice =
        "<!-- Generated from the code by `./holdfast docs --out docs`: change the code, not this file. -->";

    public static IReadOnlyDictionary<string, string> All(Command root, IReadOnlyList<(int Code, string Meaning)> exitCodes)
    {
        var comments = DocComments.Load();
        return new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["config.md"] = ConfigDocument.Write(comments),
            ["holdfast.schema.json"] = SchemaDocument.Write(comments),
            ["schema.md"] = TablesDocument.Write(comments),
            ["cli.md"] = CliDocument.Write(root, exitCodes),
            ["errors.md"] = ErrorsDocument.Write(),
        };
    }
}
