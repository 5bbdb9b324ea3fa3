<?xml version="1.0" encoding="utf-8"?>
<!-- Copies a documentation file without the members whose names are not in the list "|A.B|A.B.C|". -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:output method="xml" encoding="utf-8" />
  <xsl:param name="members" />

  <xsl:template match="@* | node()">
    <xsl:copy>
      <xsl:apply-templates select="@* | node()" />
    </xsl:copy>
  </xsl:template>

  <!-- "M:A.B.C``1(System.String)" is listed as "A.B.C". -->
  <xsl:template match="member">
    <xsl:variable name="signature" select="concat(substring-after(@name, ':'), '(')" />
    <xsl:variable name="name" select="substring-before(concat(substring-before($signature, '('), '`'), '`')" />
    <xsl:if test="contains($members, concat('|', $name, '|'))">
      <xsl:copy>
        <xsl:apply-templates select="@* | node()" />
      </xsl:copy>
    </xsl:if>
  </xsl:template>
</xsl:stylesheet>
