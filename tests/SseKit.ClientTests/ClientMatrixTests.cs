using SseKit.ClientTests.Infrastructure;
using SseKit.ClientTests.Infrastructure.Matrix;

namespace SseKit.ClientTests;

/// <summary>Heartbeats on idle streams, for clients that parse each message as JSON in one callback.</summary>
public sealed class ClientMatrixTests(ClientMatrix matrix) : IClassFixture<ClientMatrix>
{
    public static TheoryData<string, string> Streams
    {
        get
        {
            var streams = new TheoryData<string, string>();
            foreach (MatrixClient client in MatrixClient.All)
            {
                foreach (string endpoint in ClientMatrix.EndpointsOf(client))
                {
                    streams.Add(client.Name, endpoint);
                }
            }

            return streams;
        }
    }

    [NodeTheory]
    [MemberData(nameof(Streams))]
    public void A_client_gets_each_message_once_by_one_request(string client, string endpoint)
    {
        MatrixOutcome outcome = matrix.OutcomeOf(client, endpoint);

        Assert.Null(outcome.Error);
        Assert.Equal(MatrixClient.Named(client).Messages, outcome.Messages);
        Assert.Equal(1, matrix.RequestsOf(client, endpoint));
    }

    [NodeFact]
    public void Each_pause_has_a_heartbeat()
    {
        int silences = MatrixClient.All.Sum(static client => client.Events.Length * ClientMatrix.EndpointsOf(client).Length);

        Assert.InRange(matrix.Heartbeats, silences, double.PositiveInfinity);
    }
}
