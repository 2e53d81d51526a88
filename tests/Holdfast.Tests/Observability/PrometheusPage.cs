using System.Globalization;
using System.Text.RegularExpressions;

namespace Holdfast.Tests.Observability;

/// <summary>One sample line of a metrics page.</summary>
internal sealed record PrometheusSample(string Name, IReadOnlyDictionary<string, string> Labels, double Value)
{
    public string Series(bool withoutBound) => string.Join(',', Labels
        .Where(label => !withoutBound || label.Key != "le")
        .OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"{label.Key}={label.Value}"));
}

/// <summary>A strict reader of the text format 0.0.4: throws on anything the format does not allow.</summary>
internal sealed partial class PrometheusPage
{
    private PrometheusPage(IReadOnlyDictionary<string, string> types, IReadOnlyList<PrometheusSample> samples) =>
        (Types, Samples) = (types, samples);

    public IReadOnlyDictionary<string, string> Types { get; }

    public IReadOnlyList<PrometheusSample> Samples { get; }

    /// <summary>The one sample of this name whose labels include these.</summary>
    public double Value(string name, params (string Name, string Value)[] labels) => Assert.Single(
        Samples, sample => sample.Name == name &&
            labels.All(label => sample.Labels.GetValueOrDefault(label.Name) == label.Value)).Value;

    public static PrometheusPage Parse(string text)
    {
        Check(text.Length == 0 || text.EndsWith('\n'), "The last line has no line end.", "");
        var types = new Dictionary<string, string>();
        var helps = new HashSet<string>();
        var samples = new List<PrometheusSample>();
        var family = "";
        foreach (var line in text.Split('\n')[..^1])
        {
            if (Help().Match(line) is { Success: true } help)
            {
                Check(helps.Add(help.Groups["family"].Value), "HELP twice", line);
            }
            else if (Type().Match(line) is { Success: true } type)
            {
                family = type.Groups["family"].Value;
                Check(types.TryAdd(family, type.Groups["type"].Value), "TYPE twice", line);
            }
            else
            {
                var sample = ParseSample(line);
                Check(BelongsTo(sample.Name, family, types[family]), $"A sample outside its family {family}", line);
                samples.Add(sample);
            }
        }

        var page = new PrometheusPage(types, samples);
        page.CheckNoDuplicates();
        page.CheckHistograms();
        return page;
    }

    private static PrometheusSample ParseSample(string line)
    {
        var match = Sample().Match(line);
        Check(match.Success, "Not a sample", line);
        var labels = new Dictionary<string, string>();
        foreach (var (name, value) in match.Groups["name"].Captures.Zip(match.Groups["value"].Captures))
        {
            var unescaped = Escape().Replace(value.Value, m => m.Value switch
            {
                @"\\" => "\\",
                "\\\"" => "\"",
                @"\n" => "\n",
                _ => throw new FormatException($"An escape the format does not know: {m.Value} in {line}"),
            });
            Check(labels.TryAdd(name.Value, unescaped), "A label twice", line);
        }

        var number = match.Groups["number"].Value;
        var parsed = number == "+Inf" ? double.PositiveInfinity : double.Parse(number, CultureInfo.InvariantCulture);
        return new PrometheusSample(match.Groups["metric"].Value, labels, parsed);
    }

    private static bool BelongsTo(string sample, string family, string type) => type == "histogram"
        ? sample == family + "_bucket" || sample == family + "_sum" || sample == family + "_count"
        : sample == family;

    private void CheckNoDuplicates()
    {
        var seen = new HashSet<string>();
        foreach (var sample in Samples)
        {
            Check(seen.Add($"{sample.Name}{{{sample.Series(withoutBound: false)}}}"), "The same series twice", sample.Name);
        }
    }

    private void CheckHistograms()
    {
        foreach (var name in Types.Where(type => type.Value == "histogram").Select(type => type.Key))
        {
            var series = Samples.Where(sample => sample.Name.StartsWith(name, StringComparison.Ordinal))
                .GroupBy(sample => sample.Series(withoutBound: true));
            foreach (var one in series)
            {
                CheckHistogram(name, [.. one]);
            }
        }
    }

    private static void CheckHistogram(string name, List<PrometheusSample> samples)
    {
        var buckets = samples.Where(sample => sample.Name == name + "_bucket").ToList();
        var bounds = buckets.ConvertAll(bucket => bucket.Labels["le"] == "+Inf"
            ? double.PositiveInfinity
            : double.Parse(bucket.Labels["le"], CultureInfo.InvariantCulture));
        Check(bounds.SequenceEqual(bounds.Order()) && bounds[^1] == double.PositiveInfinity, "Bounds out of order", name);
        Check(buckets.Select(b => b.Value).SequenceEqual(buckets.Select(b => b.Value).Order()), "Not cumulative", name);
        Check(samples.Single(sample => sample.Name == name + "_count").Value.Equals(buckets[^1].Value), "Count is off", name);
        Check(samples.Exists(sample => sample.Name == name + "_sum"), "No sum", name);
    }

    private static void Check(bool isRight, string what, string line)
    {
        if (!isRight)
        {
            throw new FormatException($"{what}: {line}");
        }
    }

    [GeneratedRegex(@"^# HELP (?<family>[a-zA-Z_:][a-zA-Z0-9_:]*) [^\n]*$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Help();

    [GeneratedRegex("^# TYPE (?<family>[a-zA-Z_:][a-zA-Z0-9_:]*) (?<type>counter|gauge|histogram)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Type();

    [GeneratedRegex(
        """^(?<metric>[a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?:(?<name>[a-zA-Z_][a-zA-Z0-9_]*)="(?<value>(?:[^"\\\n]|\\.)*)"(?:,(?!\})|(?=\})))+\})? (?<number>\+Inf|[-+0-9.eE]+)$""",
        RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Sample();

    [GeneratedRegex(@"\\.", RegexOptions.None, 1000)]
    private static partial Regex Escape();
}
