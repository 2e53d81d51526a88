using System.Globalization;

namespace Holdfast.Failover;

/// <summary>
/// Reads an expression of <c>classifier-rules.json</c>. Known are letters, sets (<c>[a-f]</c>, <c>[^.\n]</c>, <c>\w</c>, <c>\d</c>,
/// <c>\s</c>, <c>\S</c>), groups and choices (<c>(?:a|b)</c>), repetitions (<c>?</c>, <c>*</c>, <c>+</c>, <c>{0,4}</c>) and places
/// (<c>\b</c>, <c>^</c>, <c>$</c>). Each means what it means to the runtime's expressions.
/// </summary>
internal sealed class PatternParser
{
    private readonly string _expression;
    private readonly List<PatternStep> _steps = [];
    private readonly List<(int First, int Last)> _gaps = [];
    private int _at;

    private PatternParser(string expression) => _expression = expression;

    private char Ahead => _at < _expression.Length ? _expression[_at] : '\0';

    /// <exception cref="FormatException">It holds something else.</exception>
    public static PatternProgram Parse(string expression)
    {
        var parser = new PatternParser(expression);

        // The first step is where it begins, and the last one the only end.
        parser._steps.Add(new(PatternStepKind.Fork, 1, 1));
        parser.Choices();
        parser._steps.Add(new(PatternStepKind.Found, 0));
        return parser._at == expression.Length ? new(parser._steps, parser._gaps) : throw parser.Unknown();
    }

    // Every piece is written so that what stands behind it goes on at the step behind its last one.
    private void Choices()
    {
        var start = _steps.Count;
        Sequence();
        if (!Skip('|'))
        {
            return;
        }

        // In front of the first choice a fork to the others; behind it a way around them.
        Insert(start);
        var around = Add(new(PatternStepKind.Fork, 0));
        _steps[start] = new(PatternStepKind.Fork, start + 1, _steps.Count);
        Choices();
        _steps[around] = new(PatternStepKind.Fork, _steps.Count, _steps.Count);
    }

    private void Sequence()
    {
        while (_at < _expression.Length && Ahead is not ('|' or ')'))
        {
            var (source, start) = (_at, _steps.Count);
            Piece();
            Repetition(source, start);
        }
    }

    private void Repetition(int source, int start)
    {
        if (Skip('?'))
        {
            Insert(start);
            _steps[start] = new(PatternStepKind.Fork, start + 1, _steps.Count);
        }
        else if (Skip('*'))
        {
            Insert(start);
            Add(new(PatternStepKind.Fork, start, start));
            _steps[start] = new(PatternStepKind.Fork, start + 1, _steps.Count);
        }
        else if (Skip('+'))
        {
            Add(new(PatternStepKind.Fork, start, _steps.Count + 1));
        }
        else if (Skip('{'))
        {
            var least = Number();
            var most = Skip(',') ? Number() : least;
            Require('}');
            var behind = _at;
            _steps.RemoveRange(start, _steps.Count - start);
            _gaps.RemoveAll(gap => gap.First >= start);
            Times(source, least, most);
            _at = behind;
        }
    }

    // Reads the same piece again for each time it may stand there.
    private void Times(int source, int least, int most)
    {
        for (var time = 0; time < least; time++)
        {
            _at = source;
            Piece();
        }

        var forks = new List<int>();
        for (var time = least; time < most; time++)
        {
            forks.Add(Add(new(PatternStepKind.Fork, 0)));
            _at = source;
            Piece();
        }

        foreach (var fork in forks)
        {
            _steps[fork] = new(PatternStepKind.Fork, fork + 1, _steps.Count);
        }

        // Single letters only: then each is a fork and the taking of a letter.
        if (forks is [var first, .., var last] && last - first == 2 * (forks.Count - 1))
        {
            _gaps.Add((first, last));
        }
    }

    private void Piece()
    {
        var letter = _expression[_at++];
        switch (letter)
        {
            case '(':
                Require('?');
                Require(':');
                Choices();
                Require(')');
                break;
            case '[':
                Take(Set());
                break;
            case '^':
                Add(new(PatternStepKind.Begin, _steps.Count + 1));
                break;
            case '$':
                Add(new(PatternStepKind.End, _steps.Count + 1));
                break;
            case '\\' when Skip('b'):
                Add(new(PatternStepKind.WordEdge, _steps.Count + 1));
                break;
            case '\\':
                Take(Escaped());
                break;
            case '.' or '*' or '+' or '?' or '{' or ')' or > '\x7f':
                throw Unknown();
            default:
                Take(Only(letter));
                break;
        }
    }

    private bool[] Set()
    {
        var isNot = Skip('^');
        var letters = new bool[Letter.Count];
        while (Ahead != ']')
        {
            if (Skip('\\'))
            {
                Join(letters, Escaped());
                continue;
            }

            var first = Next();
            var last = Ahead == '-' && _at + 1 < _expression.Length && _expression[_at + 1] != ']' ? Last() : first;
            for (var letter = first; letter <= last; letter++)
            {
                Join(letters, Only(letter));
            }
        }

        Require(']');
        return isNot ? Not(letters) : letters;
    }

    private char Last()
    {
        _at++;
        return Next();
    }

    private bool[] Escaped() => Next() switch
    {
        'w' => Letters(Letter.IsWord),
        'd' => Letters(Letter.IsDigit),
        's' => Letters(Letter.IsBlank),
        'S' => Not(Letters(Letter.IsBlank)),
        'n' => Only('\n'),
        var letter when !char.IsAsciiLetterOrDigit(letter) => Only(letter),
        _ => throw Unknown(),
    };

    private void Take(bool[] letters) => Add(new(PatternStepKind.Take, _steps.Count + 1, 0, letters));

    private int Add(PatternStep step)
    {
        _steps.Add(step);
        return _steps.Count - 1;
    }

    // Makes room for a step: all that point behind it point one further.
    private void Insert(int place)
    {
        _steps.Insert(place, default);
        for (var i = place + 1; i < _steps.Count; i++)
        {
            var step = _steps[i];
            _steps[i] = step with { Next = step.Next + 1, Other = step.Other + 1 };
        }

        for (var i = 0; i < _gaps.Count; i++)
        {
            var (first, last) = _gaps[i];
            _gaps[i] = first >= place ? (first + 1, last + 1) : (first, last);
        }
    }

    private int Number()
    {
        var start = _at;
        while (char.IsAsciiDigit(Ahead))
        {
            _at++;
        }

        return int.TryParse(_expression.AsSpan(start, _at - start), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number : throw Unknown();
    }

    private char Next() => _at < _expression.Length && char.IsAscii(Ahead) ? _expression[_at++] : throw Unknown();

    private bool Skip(char letter)
    {
        var isAhead = Ahead == letter;
        _at += isAhead ? 1 : 0;
        return isAhead;
    }

    private void Require(char letter)
    {
        if (!Skip(letter))
        {
            throw Unknown();
        }
    }

    private FormatException Unknown() => new($"The rules know no such expression (at {_at}): {_expression}");

    private static bool[] Letters(Func<int, bool> isOne) =>
        [.. Enumerable.Range(0, Letter.Count).Select(letter => letter != Letter.End && isOne(letter))];

    private static bool[] Only(char only) => Letters(letter => letter == only || (only == '\n' && letter == Letter.LastLineEnd));

    private static bool[] Not(bool[] letters) => Letters(letter => !letters[letter]);

    private static void Join(bool[] letters, bool[] others)
    {
        for (var i = 0; i < letters.Length; i++)
        {
            letters[i] |= others[i];
        }
    }
}
