using ChatStreaming.Docs;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ChatStreaming.Llm;

/// <summary>Chooses the model: the server that <c>Llm:Endpoint</c> names, else the built-in demo model.</summary>
internal static class ChatModelServices
{
    public static IServiceCollection AddChatModel(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(TimeProvider.System);
        LlmOptions llm = configuration.GetSection("Llm").Get<LlmOptions>() ?? new LlmOptions();
        if (string.IsNullOrWhiteSpace(llm.Endpoint))
        {
            var index = new DocsIndex(EmbeddedDocs.Load());
            TimeSpan pace = DocsChatClient.PaceOf(configuration.GetValue("Demo:TokensPerSecond", DocsChatClient.TokensPerSecond));
            return services
                .AddSingleton(new ModelInfo(DocsChatClient.Model, DocsChatClient.Label))
                .AddSingleton<IChatClient>(provider => new DocsChatClient(index, provider.GetRequiredService<TimeProvider>(), pace));
        }

        var client = new OpenAiChatClient(llm); // Created here, so that an invalid address fails the start of the app.
        return services
            .AddSingleton(new ModelInfo(llm.Model, llm.Model))
            .AddSingleton<IChatClient>(client);
    }
}
