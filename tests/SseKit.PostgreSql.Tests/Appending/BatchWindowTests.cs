namespace SseKit.PostgreSql.Tests.Appending;

public sealed class BatchWindowTests
{
    private readonly BatchWindow _window = new();

    [Fact]
    public void A_single_publisher_opens_no_window()
    {
        Come(1);
        _window.Removed(1);

        Assert.False(_window.TryBeginGathering());
    }

    [Fact]
    public void Window_is_complete_when_all_publishers_have_returned()
    {
        Come(16);
        _window.Removed(10);
        Assert.True(_window.TryBeginGathering());
        Come(9);
        Assert.False(_window.IsComplete);

        Come(1);

        Assert.True(_window.IsComplete);
    }

    [Fact]
    public void Useless_windows_become_rarer_until_one_succeeds()
    {
        Assert.Equal([0, 1, 2, 4, 8, 16, 32, 64, 64], Enumerable.Range(0, 9).Select(_ => RestsBeforeGathering(comeBack: 0)));

        Assert.Equal([64, 0, 0], Enumerable.Range(0, 3).Select(_ => RestsBeforeGathering(comeBack: 2)));
    }

    // Two events are added and removed repeatedly until a window opens.
    private int RestsBeforeGathering(int comeBack)
    {
        for (int rests = 0; ; rests++)
        {
            Come(2);
            _window.Removed(2);
            if (_window.TryBeginGathering())
            {
                Come(comeBack);
                _window.EndGathering();
                _window.Removed(comeBack);
                return rests;
            }
        }
    }

    private void Come(int events)
    {
        for (int i = 0; i < events; i++)
        {
            _window.Added();
        }
    }
}
