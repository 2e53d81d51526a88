using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using System.Text;

namespace Holdfast.Observability;

/// <summary>One instrument's series, by their labels. Adding takes no lock and, for labels seen before, no
/// memory.</summary>
internal sealed class MetricFamily
{
    // Labels are bounded where they are made; this is the net below.
    private const int MostSeries = 2_000;

    private static readonly KeyValuePair<string, object?>[] Overflow = [new("otel.metric.overflow", "true")];

    private readonly ConcurrentDictionary<KeyValuePair<string, object?>[], MetricSeries> _series =
        new(TagsComparer.Instance);
    private readonly bool _isSet;

    public MetricFamily(Instrument instrument)
    {
        (Type, _isSet) = instrument switch
        {
            Counter<long> => ("counter", false),
            ObservableCounter<long> => ("counter", true),
            Histogram<double> => ("histogram", false),
            _ => ("gauge", true),
        };
        Boundaries = Type == "histogram"
            ? [.. (instrument as Histogram<double>)?.Advice?.HistogramBucketBoundaries ?? [0.1, 1, 10, 100]]
            : null;
        Name = NameOf(instrument.Name, instrument.Unit, Type);
        Help = instrument.Description ?? "";
    }

    public string Name { get; }

    public string Help { get; }

    public string Type { get; }

    /// <summary>Upper bounds of a histogram's buckets but the last; null for anything else.</summary>
    public double[]? Boundaries { get; }

    public IEnumerable<MetricSeries> Series() =>
        _series.Values.OrderBy(series => series.Labels, StringComparer.Ordinal);

    public void Add(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var series = Find(tags);
        if (Boundaries is not null)
        {
            series.Observe(value, Boundaries);
        }
        else if (_isSet)
        {
            series.Set(value);
        }
        else
        {
            series.Add(value);
        }
    }

    private MetricSeries Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var lookup = _series.GetAlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>>();
        if (lookup.TryGetValue(tags, out var series))
        {
            return series;
        }

        var key = _series.Count < MostSeries ? tags.ToArray() : Overflow;
        return _series.GetOrAdd(
            key, static (key, buckets) => new MetricSeries(LabelsOf(key), buckets), Boundaries?.Length + 1 ?? 0);
    }

    // The OpenTelemetry rules of translation: dots become underscores, the unit's full name and _total are appended.
    private static string NameOf(string name, string? unit, string type)
    {
        var result = Sanitise(name);
        var suffix = unit switch
        {
            "s" => "_seconds",
            "By" => "_bytes",
            _ => "",
        };
        result += result.EndsWith(suffix, StringComparison.Ordinal) ? "" : suffix;
        return type == "counter" ? result + "_total" : result;
    }

    private static string LabelsOf(KeyValuePair<string, object?>[] tags)
    {
        var labels = new StringBuilder();
        foreach (var (name, value) in tags)
        {
            var text = (value?.ToString() ?? "").Replace("\\", @"\\").Replace("\"", "\\\"").Replace("\n", @"\n");
            labels.Append(labels.Length > 0 ? "," : "").Append(Sanitise(name)).Append("=\"").Append(text).Append('"');
        }

        return labels.ToString();
    }

    private static string Sanitise(string name) =>
        string.Create(name.Length, name, static (span, name) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = char.IsAsciiLetter(name[i]) || (i > 0 && char.IsAsciiDigit(name[i])) ? name[i] : '_';
            }
        });

    /// <summary>Compares labels by value, in the order in which they are given: each instrument gives always the
    /// same.</summary>
    private sealed class TagsComparer : IEqualityComparer<KeyValuePair<string, object?>[]>,
        IAlternateEqualityComparer<ReadOnlySpan<KeyValuePair<string, object?>>, KeyValuePair<string, object?>[]>
    {
        public static readonly TagsComparer Instance = new();

        public bool Equals(KeyValuePair<string, object?>[]? x, KeyValuePair<string, object?>[]? y) =>
            ReferenceEquals(x, y) || (x is not null && y is not null && Equals(x.AsSpan(), y));

        public int GetHashCode([DisallowNull] KeyValuePair<string, object?>[] tags) => GetHashCode(tags.AsSpan());

        public KeyValuePair<string, object?>[] Create(ReadOnlySpan<KeyValuePair<string, object?>> alternate) =>
            alternate.ToArray();

        public bool Equals(ReadOnlySpan<KeyValuePair<string, object?>> alternate, KeyValuePair<string, object?>[] other)
        {
            if (alternate.Length != other.Length)
            {
                return false;
            }

            for (var i = 0; i < other.Length; i++)
            {
                if (alternate[i].Key != other[i].Key || !Equals(alternate[i].Value, other[i].Value))
                {
                    return false;
                }
            }

            return true;
        }

        public int GetHashCode(ReadOnlySpan<KeyValuePair<string, object?>> alternate)
        {
            // The values are few, bounded and our own: their ends tell most of them apart.
            var hash = 17;
            foreach (var (_, value) in alternate)
            {
                hash = hash * 31 + (value is string { Length: > 0 } text
                    ? text.Length + (text[0] << 5) + (text[^1] << 10)
                    : value?.GetHashCode() ?? 0);
            }

            return hash;
        }
    }
}
