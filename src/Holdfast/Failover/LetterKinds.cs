namespace Holdfast.Failover;

/// <summary>The letters that make no difference to a pattern are of one kind: that keeps what it learns small.</summary>
internal sealed class LetterKinds
{
    private readonly byte[] _kinds = new byte[Letter.Count];
    private readonly List<int> _examples = [];

    public LetterKinds(IReadOnlyList<PatternStep> steps)
    {
        var sets = steps.Where(step => step.Letters is not null).Select(step => step.Letters!).ToArray();
        var known = new Dictionary<string, byte>(StringComparer.Ordinal);
        for (var letter = 0; letter < Letter.Count; letter++)
        {
            var signs = string.Create(sets.Length + 1, (sets, letter), static (signs, given) =>
            {
                signs[^1] = (char)((Letter.IsInWord(given.letter) ? 1 : 0) + (Letter.IsEnd(given.letter) ? 2 : 0)
                    + (given.letter == Letter.End ? 4 : 0));
                for (var i = 0; i < given.sets.Length; i++)
                {
                    signs[i] = given.sets[i][given.letter] ? '1' : '0';
                }
            });
            if (!known.TryGetValue(signs, out var kind))
            {
                known[signs] = kind = (byte)known.Count;
                _examples.Add(letter);
            }

            _kinds[letter] = kind;
        }
    }

    public int Count => _examples.Count;

    public int OfLastLineEnd => _kinds[Letter.LastLineEnd];

    public int OfEnd => _kinds[Letter.End];

    public int Of(char letter) => _kinds[letter < 128 ? letter : Letter.Of(letter)];

    /// <summary>A letter of that kind.</summary>
    public int ExampleOf(int kind) => _examples[kind];
}
