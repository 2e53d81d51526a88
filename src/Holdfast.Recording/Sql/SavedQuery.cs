namespace Holdfast.Recording.Sql;

/// <summary>A question people ask first, as SQL they can take and change.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Title">What it answers.</param>
internal sealed record SavedQuery(string Name, string Title)
{
    private const string Folder = "queries/";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<SavedQuery> All { get; } =
        [.. EmbeddedSql.NamesIn(Folder).Select(name => new SavedQuery(name[Folder.Length..^".sql".Length], TitleOf(name)))];

    /// <summary>The statement.</summary>
    /// <param name="since">The first day it looks at: <c>2026-11-21</c>.</param>
    public string Sql(string since) =>
        EmbeddedSql.Read($"{Folder}{Name}.sql").Replace("{since}", DuckDb.Quote(since), StringComparison.Ordinal).TrimEnd();

    // The comment they begin with.
    private static string TitleOf(string name)
    {
        var first = EmbeddedSql.Read(name);
        return first[3..first.IndexOf('\n', StringComparison.Ordinal)];
    }
}
