using Holdfast.Configuration;
using Holdfast.Configuration.Sources;

namespace Holdfast.Tests.Configuration;

/// <summary>The words of the configuration tests: a file's text, variables and options in; options or errors out.</summary>
public abstract class ConfigurationTest : IDisposable
{
    private readonly Lazy<DirectoryInfo> _folder = new(() => Directory.CreateTempSubdirectory("holdfast-configuration-"));
    private readonly Dictionary<string, string> _variables = new(StringComparer.Ordinal);

    protected string Folder => _folder.Value.FullName;

    public void Dispose()
    {
        if (_folder.IsValueCreated)
        {
            _folder.Value.Delete(recursive: true);
        }

        GC.SuppressFinalize(this);
    }

    protected void Variable(string name, string value) => _variables[name] = value;

    protected string WriteFile(string name, string text)
    {
        var path = Path.Combine(Folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private protected ConfigurationSources Sources(string? text = null, params string[] listen) =>
        new() { Home = Folder, Text = text, Environment = _variables, Listen = listen };

    private protected HoldfastOptions Read(string? text = null, params string[] listen)
    {
        var result = HoldfastConfiguration.Load(Sources(text, listen));
        Assert.Empty(result.Errors);
        return result.Options;
    }

    private protected IReadOnlyList<string> Errors(string? text, params string[] listen) =>
        [.. HoldfastConfiguration.Load(Sources(text, listen)).Errors.Select(error => error.Message)];

    private protected string OnlyError(string? text, params string[] listen) => Assert.Single(Errors(text, listen));
}
