namespace SseKit.PostgreSql.Tests.Appending;

public sealed class BatchWindowTests
{
    private readonly BatchWindow _crowd = new();

    [Fact]
    public void One_that_comes_alone_waits_for_nobody()
    {
        Come(1);
        _crowd.Left(1);

        Assert.False(_crowd.TryBeginGathering());
    }

    [Fact]
    public void The_crowd_is_complete_when_all_are_back()
    {
        Come(16);
        _crowd.Left(10);
        Assert.True(_crowd.TryBeginGathering());
        Come(9);
        Assert.False(_crowd.IsComplete);

        Come(1);

        Assert.True(_crowd.IsComplete);
    }

    [Fact]
    public void Gathering_in_vain_happens_ever_less_often_until_it_succeeds()
    {
        Assert.Equal([0, 1, 2, 4, 8, 16, 32, 64, 64], Enumerable.Range(0, 9).Select(_ => RestsBeforeGathering(comeBack: 0)));

        Assert.Equal([64, 0, 0], Enumerable.Range(0, 3).Select(_ => RestsBeforeGathering(comeBack: 2)));
    }

    // Two come and are answered, again and again, until it is worth to wait for them.
    private int RestsBeforeGathering(int comeBack)
    {
        for (int rests = 0; ; rests++)
        {
            Come(2);
            _crowd.Left(2);
            if (_crowd.TryBeginGathering())
            {
                Come(comeBack);
                _crowd.EndGathering();
                _crowd.Left(comeBack);
                return rests;
            }
        }
    }

    private void Come(int events)
    {
        for (int i = 0; i < events; i++)
        {
            _crowd.Came();
        }
    }
}
