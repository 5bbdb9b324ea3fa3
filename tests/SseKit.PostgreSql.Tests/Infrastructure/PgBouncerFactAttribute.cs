namespace SseKit.PostgreSql.Tests.Infrastructure;

/// <summary>A test that needs PgBouncer.</summary>
public sealed class PgBouncerFactAttribute : FactAttribute
{
    public PgBouncerFactAttribute() => Skip = InstalledProgram.ReasonToSkip(PgBouncer.Program);
}
