using System.Reflection;

namespace Holdfast.Recording.Sql;

/// <summary>The SQL texts of this folder.</summary>
internal static class EmbeddedSql
{
    /// <summary>A text by its name: <c>views/attempts.sql</c>.</summary>
    public static string Read(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"There is no {name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>The names of the texts below a folder.</summary>
    public static IEnumerable<string> NamesIn(string folder) =>
        Assembly.GetExecutingAssembly().GetManifestResourceNames().Where(name => name.StartsWith(folder, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);
}
