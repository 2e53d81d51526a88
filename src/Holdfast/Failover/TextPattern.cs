namespace Holdfast.Failover;

/// <summary>
/// An expression of the program's own rules: whether it is found in a text, whatever the text says in time in proportion to it. The
/// runtime's linear engine does the same, but building one of its expressions takes milliseconds and a megabyte, which the first
/// failures would wait for. This one knows what the rules need (<see cref="PatternParser"/>), and learns as it reads: a place in a
/// text is a set of steps the expression may be at, and which set follows another is found out once. Safe for any thread.
/// </summary>
internal sealed class TextPattern
{
    /// <summary>More places are not kept: a text that makes so many makes the pattern learn anew.</summary>
    private const int MostPlaces = 512;

    private readonly PatternProgram _program;
    private readonly LetterKinds _kinds;
    private readonly Place _found = new("", 0);
    private readonly Dictionary<string, Place> _places = new(StringComparer.Ordinal);
    private readonly Lock _learning = new();
    private readonly Place _start;

    /// <param name="expression">What is looked for; case counts.</param>
    /// <exception cref="FormatException">It holds what is not known here.</exception>
    public TextPattern(string expression)
    {
        _program = PatternParser.Parse(expression);
        _kinds = new LetterKinds(_program.Steps);
        _start = new Place(PatternProgram.AtStart, _kinds.Count);
    }

    /// <summary>Whether it is found anywhere in the text.</summary>
    public bool IsIn(ReadOnlySpan<char> text)
    {
        // A line end behind everything else is where "$" may stand already.
        var last = text is [.., '\n'] ? text.Length - 1 : text.Length;
        var place = _start;
        foreach (var letter in text[..last])
        {
            place = Behind(place, _kinds.Of(letter));
            if (place == _found)
            {
                return true;
            }
        }

        return (last < text.Length && (place = Behind(place, _kinds.OfLastLineEnd)) == _found)
            || Behind(place, _kinds.OfEnd) == _found;
    }

    private Place Behind(Place place, int kind) => place.Behind[kind] ?? Learn(place, kind);

    private Place Learn(Place place, int kind)
    {
        lock (_learning)
        {
            return place.Behind[kind] ??= _program.Behind(place.Steps, _kinds.ExampleOf(kind)) is { } steps ? PlaceOf(steps) : _found;
        }
    }

    private Place PlaceOf(string steps)
    {
        if (!_places.TryGetValue(steps, out var place))
        {
            if (_places.Count == MostPlaces)
            {
                _places.Clear();
                Array.Clear(_start.Behind);
            }

            _places[steps] = place = new Place(steps, _kinds.Count);
        }

        return place;
    }

    /// <summary>What is known in front of a letter, and the places behind it by the letter's kind, as far as they were met.</summary>
    private sealed class Place(string steps, int kinds)
    {
        public string Steps => steps;

        public Place?[] Behind { get; } = new Place?[kinds];
    }
}
