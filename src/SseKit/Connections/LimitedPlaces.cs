using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SseKit.Connections;

/// <summary>Counts what exists at once against a limit in all and against limits for each key. Not thread-safe: its owner locks.</summary>
/// <param name="max">The limit in all.</param>
internal sealed class LimitedPlaces(int max)
{
    private readonly Dictionary<(KeyLimit Limit, string Key), int> _byKey = [];

    /// <summary>The number of places that are taken.</summary>
    public int Count { get; private set; }

    /// <summary>The number of keys that have places.</summary>
    public int Keys => _byKey.Count;

    /// <summary>Takes a place if both limits allow it.</summary>
    /// <param name="key">The limit for a key and the key; null for what no key limits.</param>
    public PlaceResult TryTake((KeyLimit Limit, string Key)? key)
    {
        if (Count >= max)
        {
            return PlaceResult.Full;
        }

        if (key is { } limited)
        {
            ref int count = ref CollectionsMarshal.GetValueRefOrAddDefault(_byKey, limited, out _);
            if (count >= limited.Limit.Max)
            {
                return PlaceResult.KeyFull;
            }

            count++;
        }

        Count++;
        return PlaceResult.Taken;
    }

    /// <summary>Gives a place back, with the key that it was taken with.</summary>
    public void GiveBack((KeyLimit Limit, string Key)? key)
    {
        Count--;
        if (key is { } limited && --CollectionsMarshal.GetValueRefOrNullRef(_byKey, limited) == 0)
        {
            _byKey.Remove(limited);
        }
    }
}

/// <summary>Allows at most <paramref name="Max"/> at once with one key. Each convention has its own object and keys.</summary>
internal sealed record KeyLimit(int Max)
{
    public bool Equals(KeyLimit? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => RuntimeHelpers.GetHashCode(this);
}

/// <summary>Whether a place was taken, and otherwise the limit that was reached.</summary>
internal enum PlaceResult
{
    Taken,

    /// <summary>The limit in all is reached.</summary>
    Full,

    /// <summary>The limit for the key is reached.</summary>
    KeyFull,
}
