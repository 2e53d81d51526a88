using System.Text;
using System.Xml.Linq;
using Holdfast.Configuration;

namespace Holdfast.Cli.Documents;

/// <summary>The doc comments of this assembly, as Markdown, from the XML file the compiler writes beside it.</summary>
internal sealed class DocComments(IReadOnlyDictionary<string, string> summaries)
{
    public static DocComments Load()
    {
        var assembly = typeof(HoldfastOptions).Assembly.GetName().Name;
        var file = XDocument.Load(Path.Combine(AppContext.BaseDirectory, $"{assembly}.xml"));
        return new(file.Descendants("member")
            .Where(member => member.Element("summary") is not null)
            .ToDictionary(
                member => member.Attribute("name")!.Value,
                member => ToMarkdown(member.Element("summary")!),
                StringComparer.Ordinal));
    }

    public string OfType(Type type) => summaries[$"T:{type.FullName}"];

    /// <summary>The comment of the option that a setting fills: the property of the same name.</summary>
    public string OfSetting(Type owner, string setting) =>
        summaries[$"P:{owner.FullName}.{char.ToUpperInvariant(setting[0])}{setting[1..]}"];

    private static string ToMarkdown(XElement summary)
    {
        var text = new StringBuilder();
        foreach (var node in summary.Nodes())
        {
            text.Append(node switch
            {
                XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
                XElement { Name.LocalName: "see" } see => $"`{LastName(see.Attribute("cref")!.Value)}`",
                XText plain => plain.Value,
                _ => "",
            });
        }

        var words = text.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return Markdown.WithoutReferences(string.Join(' ', words));
    }

    private static string LastName(string reference)
    {
        var name = reference[(reference.LastIndexOf('.') + 1)..];
        return char.ToLowerInvariant(name[0]) + name[1..];
    }
}
